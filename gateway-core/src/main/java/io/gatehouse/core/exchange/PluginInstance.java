package io.gatehouse.core.exchange;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.Redaction;

/**
 * A plugin instance of a snapshot.
 *
 * @param id the UUID of its entity
 * @param name the plugin's name
 * @param reads where it reads credentials from
 */
public record PluginInstance(String id, String name, Plugin plugin, Redaction reads) {}
