/**
 * Test doubles and harnesses for plugin authors: {@link io.gatehouse.testkit.PluginTester} runs one plugin without
 * sockets.
 *
 * <p>Thread rule: everything runs on the thread of the test, and futures complete inline, unless a type says otherwise.
 */
@NullMarked
package io.gatehouse.testkit;

import org.jspecify.annotations.NullMarked;
