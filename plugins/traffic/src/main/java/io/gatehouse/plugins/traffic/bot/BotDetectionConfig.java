package io.gatehouse.plugins.traffic.bot;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import java.util.List;

/** The configuration of {@code bot-detection}: Kong's fields and Kong's meaning. */
@Doc("Refuses clients whose `User-Agent` is that of a known crawler or of a program library, with 403.")
public record BotDetectionConfig(
        @Doc("Regular expressions (RE2) for user agents that are let in, whatever else is known of them.") @Default({})
        List<String> allow,

        @Doc("Regular expressions (RE2) for further user agents that are kept out.") @Default({})
        List<String> deny) {
    /** Copies the lists. */
    public BotDetectionConfig {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }
}
