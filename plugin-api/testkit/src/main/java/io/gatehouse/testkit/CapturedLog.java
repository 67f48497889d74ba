package io.gatehouse.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/**
 * Everything that is logged between {@link #start()} and {@link #close()}, by any thread of this JVM.
 *
 * <p>Needs Logback behind SLF4J, which the gateway brings along. Safe for any thread.
 */
public final class CapturedLog implements AutoCloseable {
    /** Without a configuration Logback shows DEBUG, and these write pages of it when they are first used. */
    private static final Map<String, Level> NOISY = Map.of(
            "io.netty", Level.INFO,
            "io.vertx", Level.INFO,
            // says once for each gateway that two HTTP clients share a gauge
            "io.micrometer.core.instrument.MeterRegistry", Level.ERROR,
            // says at ERROR what the future of a connection that is being made says too
            "io.vertx.redis.client.impl.RedisConnectionManager", Level.OFF);

    private final List<LogLine> lines = new CopyOnWriteArrayList<>();
    private final Logger root;
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(line(event));
        }
    };

    private CapturedLog(LoggerContext context) {
        root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        for (Map.Entry<String, Level> noisy : NOISY.entrySet()) {
            Logger logger = context.getLogger(noisy.getKey());
            if (logger.getLevel() == null) {
                logger.setLevel(noisy.getValue());
            }
        }
        appender.setContext(context);
        appender.setName("captured-" + System.identityHashCode(this));
        appender.start();
        root.addAppender(appender);
    }

    /** Begins to listen. */
    public static CapturedLog start() {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        if (!(factory instanceof LoggerContext context)) {
            throw new IllegalStateException("logging: " + factory.getClass().getName()
                    + " (expected: Logback; another SLF4J binding comes first on the test class path)");
        }
        return new CapturedLog(context);
    }

    /** What was logged so far, in order. */
    public List<LogLine> lines() {
        return List.copyOf(lines);
    }

    /** What was logged at ERROR. */
    public List<LogLine> errors() {
        return at("ERROR");
    }

    /** What was logged at this level, such as {@code WARN}. */
    public List<LogLine> at(String level) {
        List<LogLine> found = new ArrayList<>();
        for (LogLine line : lines) {
            if (line.level().equals(level)) {
                found.add(line);
            }
        }
        return found;
    }

    /** All lines as one text, with the messages of what was thrown: to look for what must not be in it. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (LogLine line : lines) {
            text.append(line).append('\n');
            for (Throwable t = line.thrown(); t != null; t = t.getCause()) {
                text.append("  ").append(t).append('\n');
            }
        }
        return text.toString();
    }

    /** Forgets what was logged so far. */
    public void clear() {
        lines.clear();
    }

    /** Stops listening; what was captured can still be read. */
    @Override
    public void close() {
        root.detachAppender(appender);
        appender.stop();
    }

    private static LogLine line(ILoggingEvent event) {
        StringBuilder text = new StringBuilder(event.getFormattedMessage());
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                text.append(' ').append(pair.key).append('=').append(pair.value);
            }
        }
        @Nullable
        Throwable thrown = event.getThrowableProxy() instanceof ThrowableProxy proxy ? proxy.getThrowable() : null;
        return new LogLine(event.getLevel().toString(), event.getLoggerName(), text.toString(), thrown);
    }
}
