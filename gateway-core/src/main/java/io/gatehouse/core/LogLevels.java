package io.gatehouse.core;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.gatehouse.core.Settings.LogLevel;
import org.slf4j.LoggerFactory;

/** Kong's log levels as Logback's, for the gateway and its plugins and, less talkative, for libraries. Any thread. */
public final class LogLevels {
    /** The logger of changes over the Admin API: its lines are written whatever the level. */
    public static final String AUDIT = "io.gatehouse.audit";

    private LogLevels() {}

    /** Whether levels are ours to set: there is Logback, and no file of the user's own that sets them. */
    public static boolean areOurs() {
        return System.getProperty("logback.configurationFile") == null
                && LoggerFactory.getILoggerFactory() instanceof LoggerContext;
    }

    /** Sets what is logged from now on; nothing when that is not ours to set. */
    public static void set(LogLevel level) {
        if (!areOurs() || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(ours(level)); // and, alike, every plugin's
        context.getLogger(AUDIT).setLevel(Level.INFO);
        for (String library : new String[] {"io.vertx", "io.netty", "io.micrometer", "io.prometheus"}) {
            context.getLogger(library).setLevel(libraries(level));
        }
        // two HTTP clients with equal labels are one gauge to Micrometer, which warns about it and goes on
        context.getLogger("io.micrometer.core.instrument.MeterRegistry")
                .setLevel(level == LogLevel.DEBUG ? Level.DEBUG : Level.ERROR);
        // a connection to Redis that breaks while it is made fails its future too; before that it takes no exception
        // handler
        context.getLogger("io.vertx.redis.client.impl.RedisConnectionManager")
                .setLevel(level == LogLevel.DEBUG ? Level.DEBUG : Level.OFF);
    }

    private static Level ours(LogLevel level) {
        return switch (level) {
            case DEBUG -> Level.DEBUG;
            case INFO, NOTICE -> Level.INFO;
            case WARN -> Level.WARN;
            case ERROR -> Level.ERROR;
            case CRIT, ALERT, EMERG -> Level.OFF;
        };
    }

    private static Level libraries(LogLevel level) {
        return switch (level) {
            case DEBUG, INFO -> Level.INFO;
            case NOTICE, WARN -> Level.WARN;
            case ERROR -> Level.ERROR;
            case CRIT, ALERT, EMERG -> Level.OFF;
        };
    }
}
