/**
 * Upstreams for tests, demonstrations and load tests: {@link io.gatehouse.simulator.LlmSimulator} speaks
 * OpenAI's HTTP API and keeps a ledger of what it saw and sent; {@link io.gatehouse.simulator.FaultServer}
 * is a raw TCP server that refuses, resets, stalls and lies as scripted.
 *
 * <p>The package knows nothing of any gateway. Threads: the simulator answers on Vert.x event loops and
 * never blocks them; the fault server uses one thread per connection of its own, because its scripts are
 * sequences of blocking steps. Everything that a test calls is thread-safe, and returns at once unless its
 * javadoc says that it waits.
 */
@NullMarked
package io.gatehouse.simulator;

import org.jspecify.annotations.NullMarked;
