/** Tests of templates from outside: what clones share, what they do not, and what goes wrong. */
package dev.bulkhead.it.template;
