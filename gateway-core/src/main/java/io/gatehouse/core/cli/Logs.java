package io.gatehouse.core.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import io.gatehouse.core.Settings.LogLevel;
import org.slf4j.LoggerFactory;

/** Sets Logback up from Kong's log level, unless the user brought a Logback file of their own. */
final class Logs {
    /** Key-values stand behind the message and a blank, which is not there without them. */
    static final String PATTERN =
            "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level %logger{0}: %msg%replace( %kvp){'^ $', ''}%n";

    private Logs() {}

    static void configure(LogLevel level) {
        if (System.getProperty("logback.configurationFile") != null
                || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(ours(level)); // the gateway's and, alike, every plugin's
        for (String library : new String[] {"io.vertx", "io.netty", "io.micrometer", "io.prometheus"}) {
            context.getLogger(library).setLevel(libraries(level));
        }
        // two HTTP clients with equal labels are one gauge to Micrometer, which warns about it and goes on
        context.getLogger("io.micrometer.core.instrument.MeterRegistry")
                .setLevel(level == LogLevel.DEBUG ? Level.DEBUG : Level.ERROR);
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
