"""Adapters of telephony platforms: FreeSWITCH and Twilio, each by its own requests and documents."""
