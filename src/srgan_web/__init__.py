"""The web page and the REST service that enlarge images."""
