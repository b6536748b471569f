"""The directory of customers: who a number is, what is known of them, how it is searched, shown and erased."""
