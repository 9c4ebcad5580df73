"""Whether paddle and paddlenlp can really be imported: tried apart, kept by the state they need."""
