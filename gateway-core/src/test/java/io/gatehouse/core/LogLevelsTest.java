package io.gatehouse.core;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import io.gatehouse.core.Settings.LogLevel;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LogLevelsTest {
    private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final Map<Logger, Level> before = new HashMap<>();

    @BeforeEach
    void keepLevels() {
        for (Logger logger : context.getLoggerList()) {
            before.put(logger, logger.getLevel());
        }
    }

    @AfterEach
    void restoreLevels() {
        for (Logger logger : context.getLoggerList()) {
            logger.setLevel(before.get(logger));
        }
    }

    @Test
    void leavesBrokenConnectionsToRedisToWhoeverMadeThem() {
        Logger redis = context.getLogger("io.vertx.redis.client.impl.RedisConnectionManager");
        LogLevels.set(LogLevel.INFO);
        assertThat(redis.isErrorEnabled()).isFalse();
        LogLevels.set(LogLevel.DEBUG);
        assertThat(redis.isErrorEnabled()).isTrue();
    }

    @Test
    void letsLibrariesSayLessThanTheGateway() {
        LogLevels.set(LogLevel.NOTICE);
        assertThat(context.getLogger("io.gatehouse.x").isInfoEnabled()).isTrue();
        assertThat(context.getLogger("io.vertx.x").isInfoEnabled()).isFalse();
        assertThat(context.getLogger("io.vertx.x").isWarnEnabled()).isTrue();
    }
}
