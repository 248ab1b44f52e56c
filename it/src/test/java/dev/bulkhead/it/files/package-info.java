/**
 * What containers can do with files, on every way of sharing them, with runc as the control: the
 * same bundle and the same programs ({@code src/test/c}), and the same expectations. Where a way of
 * sharing differs, a list here and docs/limitations.md say so, and the tests fail if it is wrong.
 */
package dev.bulkhead.it.files;
