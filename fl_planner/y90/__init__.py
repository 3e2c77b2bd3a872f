"""Doses of tumour, liver and lungs by a radioembolisation with yttrium-90."""
