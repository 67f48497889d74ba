/**
 * ai-proxy and ai-proxy-advanced: one engine that passes OpenAI traffic through as bytes. Requests are edited by
 * splicing, answers are only observed: no type of a JSON tree is used in this package.
 *
 * <p>Thread rules: factories, configurations, targets and balancers are shared by all event loops; an {@link
 * io.gatehouse.plugins.ai.proxy.LlmCall} and everything it holds belongs to one exchange and its event loop.
 */
@NullMarked
package io.gatehouse.plugins.ai.proxy;

import org.jspecify.annotations.NullMarked;
