/** Benchmarks: whole processes under load beside their peers, and JMH for single steps. Programs, not a library. */
@NullMarked
package io.gatehouse.bench;

import org.jspecify.annotations.NullMarked;
