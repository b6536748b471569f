"""What days teach: call logs fitted and forecast, variants compared, grids swept."""
