/** Digests of bytes, for names that tell content from content. It uses nothing. */
package dev.bulkhead.runtime.digest;
