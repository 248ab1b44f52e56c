/** The OCI command line from outside, without an engine: bundles, and what each verb does. */
package dev.bulkhead.it.oci;
