/**
 * LLM views and the provider SPI. Incubating: may change until 1.0.
 *
 * <p>Thread rules: values are immutable; whatever belongs to an exchange is used on its event loop.
 */
@NullMarked
package io.gatehouse.api.ai;

import org.jspecify.annotations.NullMarked;
