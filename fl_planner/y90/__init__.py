"""What a radioembolisation with yttrium-90 gives to tumour, liver and lungs."""
