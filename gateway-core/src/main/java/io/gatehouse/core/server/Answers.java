package io.gatehouse.core.server;

import io.gatehouse.core.exchange.ErrorPages;
import io.gatehouse.core.exchange.HeadStamp;

/**
 * How answers look.
 *
 * @param errors error bodies
 * @param stamp headers that are added
 */
public record Answers(ErrorPages errors, HeadStamp stamp) {}
