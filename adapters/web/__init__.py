"""The playground: Gatepost in the browser, through the same ports as every other platform."""
