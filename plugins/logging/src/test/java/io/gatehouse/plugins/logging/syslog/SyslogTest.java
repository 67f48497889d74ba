package io.gatehouse.plugins.logging.syslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.Upstream;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyslogTest {
    @Test
    void hasKongsDefaults() {
        SyslogConfig.Severity info = SyslogConfig.Severity.INFO;
        try (PluginTester tester = tester("")) {
            assertThat(tester.config())
                    .isEqualTo(new SyslogConfig(info, info, info, info, SyslogConfig.Facility.USER, Map.of()));
        }
    }

    @Test
    void refusesWhatIsNoSeverityOrFacility() {
        try (PluginTester tester = tester("{log_level: warn, facility: local8}")) {
            assertThat(tester.problems())
                    .hasSize(2)
                    .anyMatch(text -> text.startsWith("log_level"))
                    .anyMatch(text -> text.startsWith("facility"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{}|200|<14>",
                "{}|404|<14>",
                "{}|500|<14>",
                "{facility: kern}|200|<6>",
                "{facility: local7}|200|<190>",
                "{log_level: warning}|200|-",
                "{log_level: warning, server_errors_severity: warning}|500|<12>",
                "{log_level: warning, server_errors_severity: warning}|499|-",
                "{log_level: err, client_errors_severity: crit}|404|<10>",
                "{log_level: debug, successful_severity: debug}|200|<15>",
                "{successful_severity: debug}|302|-",
                "{facility: authpriv, client_errors_severity: emerg}|401|<80>",
            })
    void sendsWhatIsSevereEnough(String yaml, int status, @Nullable String priority) {
        try (PluginTester tester = tester(yaml)) {
            tester.upstream(Upstream.answers(status));
            tester.get("/x").send();
            tester.clock().advance(Duration.ofMillis(10));

            if (priority == null) {
                assertThat(tester.outlets().writes()).isEmpty();
            } else {
                assertThat(tester.outlets().writes()).singleElement().satisfies(write -> {
                    assertThat(write.to().toString()).isEqualTo("local:/dev/log");
                    assertThat(write.text())
                            .startsWith(priority)
                            .matches("<\\d+>[A-Z][a-z]{2} [ 1-3]\\d \\d\\d:\\d\\d:\\d\\d kong: \\{.*\"/x\".*}");
                });
            }
        }
    }

    @Test
    void countsWhatIsTooLarge() {
        try (PluginTester tester = tester("")) {
            tester.get("/" + "x".repeat(Syslog.MAX_MESSAGE)).send();
            tester.clock().advance(Duration.ofMillis(10));

            assertThat(tester.outlets().writes()).isEmpty();
            assertThat(tester.counter("gatehouse_log_entries_dropped_total", "syslog", "too_large"))
                    .isEqualTo(1);
        }
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new SyslogFactory(), yaml.equals("{}") ? "" : yaml);
    }
}
