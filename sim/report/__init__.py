"""Result → table for the terminal, page for the browser, files for the spreadsheet."""
