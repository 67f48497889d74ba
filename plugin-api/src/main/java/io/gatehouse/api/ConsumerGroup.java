package io.gatehouse.api;

/** A group of consumers. Immutable. */
public record ConsumerGroup(String id, String name) {}
