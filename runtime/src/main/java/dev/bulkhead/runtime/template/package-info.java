/**
 * The command {@code template}: what it shows and makes. Uses {@code sandbox.template} and the
 * set-up that machines are made with.
 */
package dev.bulkhead.runtime.template;
