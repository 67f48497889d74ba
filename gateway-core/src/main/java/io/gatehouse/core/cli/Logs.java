package io.gatehouse.core.cli;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import io.gatehouse.core.LogLevels;
import io.gatehouse.core.Settings.LogLevel;
import org.slf4j.LoggerFactory;

/** Sets Logback up from Kong's log level, unless the user brought a Logback file of their own. */
final class Logs {
    /** Key-values stand behind the message and a blank, which is not there without them. */
    static final String PATTERN =
            "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level %logger{0}: %msg%replace( %kvp){'^ $', ''}%n";

    private Logs() {}

    static void configure(LogLevel level) {
        if (!LogLevels.areOurs() || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
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
        LogLevels.set(level);
    }
}
