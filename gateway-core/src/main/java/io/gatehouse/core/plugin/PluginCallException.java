package io.gatehouse.core.plugin;

/** A factory or instance threw, returned null or took too long, outside of an exchange. */
public final class PluginCallException extends Exception {
    private static final long serialVersionUID = 1L;

    PluginCallException(String plugin, String phase, Throwable cause) {
        super("plugin " + plugin + " failed in " + phase + ": " + cause, cause);
    }
}
