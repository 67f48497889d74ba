/**
 * The command line: one class per command, results on standard output, the log and problems on standard error.
 *
 * <p>Threads: a command runs on the main thread and blocks it; signals arrive on threads of the JVM's own.
 */
@NullMarked
package io.gatehouse.core.cli;

import org.jspecify.annotations.NullMarked;
