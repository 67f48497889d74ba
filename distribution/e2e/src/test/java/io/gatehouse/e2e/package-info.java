/**
 * Tests of the packaged gateway from outside its process: {@code bin/gatehouse} is started as a user starts it, and
 * what is looked at is what a user sees: answers, metrics, logs, exit codes.
 *
 * <p>After every test the books must balance, see {@link io.gatehouse.e2e.Conservation}. Threads: tests run one after
 * the other and may block; ports are always free ones.
 */
@NullMarked
package io.gatehouse.e2e;

import org.jspecify.annotations.NullMarked;
