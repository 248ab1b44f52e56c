/**
 * Typed reading of JSON objects, with errors that name the place in the document.
 *
 * <p>nanojson parses and writes the text; the generated records use what is here to get their
 * fields out of its objects, and anything else that reads a configuration may too.
 */
package dev.bulkhead.oci.json;
