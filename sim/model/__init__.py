"""What chance draws: demand, people, shifts, laws of time, and the streams they are drawn from."""
