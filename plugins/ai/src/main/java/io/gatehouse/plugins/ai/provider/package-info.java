/**
 * The providers that come with Gatehouse: data and pure functions, one class each, found through {@link
 * java.util.ServiceLoader}. They all speak the OpenAI format.
 *
 * <p>Thread rules: stateless; any thread.
 */
@NullMarked
package io.gatehouse.plugins.ai.provider;

import org.jspecify.annotations.NullMarked;
