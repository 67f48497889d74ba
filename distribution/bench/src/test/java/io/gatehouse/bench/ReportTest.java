package io.gatehouse.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gatehouse.bench.Report.Column;
import io.gatehouse.bench.Report.Table;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Report report = new Report(new PrintStream(printed, true, StandardCharsets.UTF_8));

    private static Table table() {
        Table table = new Table(
                "plain",
                "(i) Plain proxy",
                List.of(
                        new Column("cpu_us", "CPU us", 1),
                        new Column("ratio", "to nginx", 2),
                        new Column("failed", "failed", 0),
                        new Column("added_us", "added us", 0)));
        for (double cpu : new double[] {11, 10, 30}) {
            table.add("nginx", Map.of("cpu_us", cpu, "failed", 0.0));
            table.add("Gatehouse", Map.of("cpu_us", 2.5 * cpu, "failed", 1.0, "added_us", 70.0));
        }
        return table;
    }

    @Test
    void showsMediansRatiosOfMediansAndTheSumOfFailures() {
        report.add(table());
        assertThat(report.markdown())
                .contains("| nginx | 11.0 | 1.00 | 0 | - |")
                .contains("| Gatehouse | 27.5 | 2.50 | 3 | 70 |");
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("(i) Plain proxy")
                .contains("27.5");
    }

    @Test
    void keepsEachRoundInTheJson(@TempDir Path folder) throws IOException {
        report.add(table());
        report.target("(i)", 2.5, 2.5, "");
        report.target("start", 1.5, 1, " s");
        report.writeJson(folder.resolve("below/bench.json"));
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("below/bench.json").toFile());
        JsonNode gatehouse = json.at("/workloads/0/peers/Gatehouse");
        assertThat(gatehouse.get("ratio").doubleValue()).isEqualTo(2.5);
        assertThat(gatehouse.get("rounds")).hasSize(3);
        assertThat(json.at("/targets/0/reached").booleanValue()).isTrue();
        assertThat(json.at("/targets/1/reached").booleanValue()).isFalse();
    }

    @Test
    void replacesWhatStandsBetweenTheMarks() {
        String page = "before\n" + Report.BEGIN + "\nold\n" + Report.END + "\nafter\n";
        assertThat(Report.inserted(page, "new\n"))
                .isEqualTo("before\n" + Report.BEGIN + "\n\nnew\n\n" + Report.END + "\nafter\n");
        assertThatThrownBy(() -> Report.inserted("no marks", "new")).isInstanceOf(IllegalArgumentException.class);
    }
}
