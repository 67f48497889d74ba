package io.gatehouse.core.admin;

import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.service.NodeFacts;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the Admin and the Status API show of the running gateway.
 *
 * <p>Implemented by the gateway. Thread rule: any thread; cheap, never blocking.
 */
public interface AdminView {
    /** What is live; null before the first configuration. */
    @Nullable
    Snapshot live();

    /** Changes what is live. */
    ConfigStore store();

    /** Whether there is a place to keep changes, or leave to keep them in memory. */
    boolean mayEdit();

    /** What is logged. */
    LogLevel logLevel();

    /** Changes what is logged; false when that is set by a file of the user's own. */
    boolean logLevel(LogLevel level);

    /** Facts of the node. */
    NodeFacts node();

    /** Whether requests can be served, and why not. */
    Readiness readiness();

    /** Makes the node say that it is going away, until its end; it goes on serving. */
    void drain();

    /** 32 hex digits that name the live configuration; {@link #EMPTY_CONFIGURATION} when there is none. */
    String configurationHash();

    /** Every plugin that is loaded, by name. */
    Map<String, AvailablePlugin> availablePlugins();

    /** Names of the plugins in the live configuration. */
    Set<String> enabledPlugins();

    /**
     * The settings of the node under Kong's names, such as {@code proxy_listen}, as JSON-like values of JDK types. No
     * secrets: they are shown to everyone who reaches the Admin API.
     */
    Map<String, Object> settings();

    /** Redirections of upstreams, each as it was given: {@code https://api.example.com=http://127.0.0.1:9999}. */
    List<String> connectTo();

    /** The live upstream with this id or name; null when there is none. */
    @Nullable
    Balancer upstream(String idOrName);

    /** The hash of an empty configuration. */
    String EMPTY_CONFIGURATION = "00000000000000000000000000000000";

    /** Whether the node can serve. */
    enum Readiness {
        /** A configuration is live. */
        READY("ready"),
        /** No configuration went live yet. */
        NO_CONFIGURATION("no configuration available (empty configuration present)"),
        /** The node is going away: no new requests, please. */
        DRAINING("draining");

        private final String message;

        Readiness(String message) {
            this.message = message;
        }

        /** The text that {@code /status/ready} shows. */
        public String message() {
            return message;
        }
    }

    /**
     * A loaded plugin.
     *
     * @param version the version of its JAR
     * @param priority its place in the chain
     */
    record AvailablePlugin(String version, int priority) {}
}
