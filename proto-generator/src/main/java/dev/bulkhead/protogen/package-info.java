/**
 * Makes Java records of {@code .proto} files, in the build.
 *
 * <p>Wire's schema library parses and links the files; what is here decides how the Java looks: one
 * immutable record per message, one enum per enum, one class of method constants per service, all
 * without reflection, so that they compile to native code. Runs on the JVM only and may use all of
 * it.
 */
package dev.bulkhead.protogen;
