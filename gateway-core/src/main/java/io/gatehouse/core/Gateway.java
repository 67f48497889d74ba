package io.gatehouse.core;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A running gateway: the embedding API that the command line, the testkit and embedders share.
 *
 * <p>Threads: every method may be called from any ordinary thread and may block; none from an event loop.
 */
public final class Gateway implements AutoCloseable {
    private Gateway() {}

    private static void absent(Settings settings) throws IOException {
        throw new IOException("this build has no gateway yet: " + settings);
    }

    /**
     * What a set of configuration files amounts to.
     *
     * @param files the files that were read, in the order in which they were merged
     * @param services number of services
     * @param routes number of routes
     * @param consumers number of consumers
     * @param plugins number of plugin entities, disabled ones included
     */
    public record ConfigSummary(List<Path> files, int services, int routes, int consumers, int plugins) {
        /** Copies the list. */
        public ConfigSummary {
            files = List.copyOf(files);
        }
    }

    /**
     * A plugin that the gateway can load.
     *
     * @param name its name in decK files
     * @param priority its place in the chain, higher is further out
     * @param version the version of the JAR it came in
     * @param origin {@code bundled}, or the file or folder it was loaded from
     */
    public record PluginInfo(String name, int priority, String version, String origin) {}

    /**
     * Starts a gateway: when this returns, all its listeners accept.
     *
     * @throws ConfigException if a configuration file or plugin is refused
     * @throws StartException if a listener cannot be opened
     */
    public static Gateway start(Settings settings) throws ConfigException, IOException {
        absent(settings);
        return new Gateway();
    }

    /**
     * Checks configuration files and plugins as {@link #start} does, without opening a listener.
     *
     * @throws ConfigException with all problems
     */
    public static ConfigSummary validate(Settings settings) throws ConfigException, IOException {
        absent(settings);
        return new ConfigSummary(List.of(), 0, 0, 0, 0);
    }

    /** The bundled plugins and those of the settings' plugin folders, by descending priority. */
    public static List<PluginInfo> plugins(Settings settings) throws ConfigException, IOException {
        absent(settings);
        return List.of();
    }

    /**
     * The JSON Schema of a plugin's {@code config}.
     *
     * @throws ConfigException if there is no such plugin; names the nearest one
     */
    public static String schema(Settings settings, String plugin) throws ConfigException, IOException {
        absent(settings);
        return plugin;
    }

    /**
     * The reference page of a plugin, in Markdown.
     *
     * @throws ConfigException if there is no such plugin; names the nearest one
     */
    public static String reference(Settings settings, String plugin) throws ConfigException, IOException {
        absent(settings);
        return plugin;
    }

    /** The port of the first proxy listener without TLS; -1 when there is none. */
    public int proxyPort() {
        return -1;
    }

    /** The port of the first Admin listener; -1 when it is off. */
    public int adminPort() {
        return -1;
    }

    /** The port of the first Status listener; -1 when it is off. */
    public int statusPort() {
        return -1;
    }

    /** Reads the configuration again, as SIGHUP does; a bad one is logged and the old one stays live. */
    public void reload() {}

    /**
     * Stops accepting, lets exchanges in flight end, then stops everything; returns when all is closed.
     *
     * @param drain how long exchanges may take to end before they are aborted
     */
    public void stop(Duration drain) {}

    /** Stops without waiting for exchanges in flight. */
    @Override
    public void close() {
        stop(Duration.ZERO);
    }
}
