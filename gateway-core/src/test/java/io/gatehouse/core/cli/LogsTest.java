package io.gatehouse.core.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class LogsTest {
    private static String line(KeyValuePair... pairs) {
        LoggerContext context = new LoggerContext();
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern(Logs.PATTERN);
        layout.start();
        Logger logger = context.getLogger("io.gatehouse.core.admin.AdminServer");
        LoggingEvent event = new LoggingEvent("", logger, Level.WARN, "no token", null, null);
        if (pairs.length > 0) {
            event.setKeyValuePairs(List.of(pairs));
        }
        return layout.doLayout(event);
    }

    @Test
    void putsABlankBetweenTheMessageAndItsKeyValues() {
        assertThat(line(new KeyValuePair("host", "::1"), new KeyValuePair("port", 8001)))
                .endsWith(" WARN  AdminServer: no token host=\"::1\" port=\"8001\"\n");
    }

    @Test
    void putsNoneWhereThereAreNoKeyValues() {
        assertThat(line()).endsWith(" WARN  AdminServer: no token\n");
    }
}
