package io.gatehouse.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures as tables on the screen, as Markdown and as JSON. */
final class Report {
    static final String BEGIN = "<!-- bench:begin -->";
    static final String END = "<!-- bench:end -->";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ObjectNode json = MAPPER.createObjectNode();
    private final ArrayNode jsonWorkloads;
    private final ArrayNode jsonTargets;
    private final StringBuilder tables = new StringBuilder();
    private final List<String> targets = new ArrayList<>();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
        json.putObject("facts");
        jsonTargets = json.putArray("targets");
        jsonWorkloads = json.putArray("workloads");
    }

    /** A column: the key of the figure, what stands above it, digits after the point (-1: 1 is a pass, 0 a fail). */
    record Column(String key, String head, int decimals) {}

    /** One workload's turns: for each row, in their order, the figures of each round. */
    static final class Table {
        final String name;
        final String title;
        final List<Column> columns;
        final Map<String, List<Map<String, Double>>> rows = new LinkedHashMap<>();

        Table(String name, String title, List<Column> columns) {
            this.name = name;
            this.title = title;
            this.columns = columns;
        }

        void add(String row, Map<String, Double> figures) {
            rows.computeIfAbsent(row, r -> new ArrayList<>()).add(figures);
        }

        /** The median over the rounds, NaN when this row has no such figure. */
        double median(String row, String key) {
            double[] sorted = rows.getOrDefault(row, List.of()).stream()
                    .filter(figures -> figures.containsKey(key))
                    .mapToDouble(figures -> figures.get(key))
                    .sorted()
                    .toArray();
            return sorted.length == 0 ? Double.NaN : (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
        }

        /** A figure as it is shown: {@code ratio} is CPU time over nginx's, {@code failed} the sum of all rounds. */
        double figure(String row, String key) {
            return switch (key) {
                case "ratio" -> median(row, "cpu_us") / median(Peer.NGINX.title(), "cpu_us");
                case "failed" ->
                    rows.getOrDefault(row, List.of()).stream()
                            .mapToDouble(figures -> figures.getOrDefault("failed", 0.0))
                            .sum();
                default -> median(row, key);
            };
        }
    }

    /** A fact about the run: machine, JDK, versions. */
    void fact(String name, String value) {
        facts.put(name, value);
        ((ObjectNode) json.get("facts")).put(name, value);
    }

    /** Prints the table and keeps it. */
    void add(Table table) {
        List<List<String>> cells = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        table.columns.forEach(column -> head.add(column.head()));
        cells.add(head);
        ObjectNode workload = jsonWorkloads.addObject().put("name", table.name).put("title", table.title);
        ObjectNode peers = workload.putObject("peers");
        for (String row : table.rows.keySet()) {
            List<String> line = new ArrayList<>(List.of(row));
            ObjectNode figures = peers.putObject(row);
            for (Column column : table.columns) {
                double figure = table.figure(row, column.key());
                line.add(shown(figure, column.decimals()));
                if (!Double.isNaN(figure)) {
                    figures.put(column.key(), figure);
                }
            }
            ArrayNode rounds = figures.putArray("rounds");
            table.rows.get(row).forEach(round -> rounds.add(MAPPER.valueToTree(round)));
            cells.add(line);
        }
        out.println();
        out.println(table.title);
        print(cells);
        tables.append("\n**").append(table.title).append("**\n\n").append(markdown(cells));
    }

    /** Says whether a bound is kept. */
    void target(String what, double measured, double bound, String unit) {
        if (Double.isNaN(measured)) {
            return;
        }
        String found = String.format(Locale.ROOT, "%.2f%s", measured, unit);
        String wanted = String.format(Locale.ROOT, "at most %s%s", trimmed(bound), unit);
        target(what, found, wanted, measured <= bound);
    }

    void target(String what, String found, String wanted, boolean reached) {
        targets.add("| " + what + " | " + wanted + " | " + found + " | " + (reached ? "reached" : "**missed**") + " |");
        jsonTargets
                .addObject()
                .put("what", what)
                .put("wanted", wanted)
                .put("found", found)
                .put("reached", reached);
        out.println("  target: " + what + ": " + found + " (" + wanted + "): " + (reached ? "reached" : "MISSED"));
    }

    /** All of it as Markdown. */
    String markdown() {
        StringBuilder text = new StringBuilder();
        facts.forEach((name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
        if (!targets.isEmpty()) {
            text.append("\n| target | wanted | measured | |\n|---|---|---|---|\n");
            targets.forEach(line -> text.append(line).append('\n'));
        }
        return text.append(tables).toString();
    }

    void writeJson(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    }

    /** Puts the tables between the two marks of a document. */
    static String inserted(String document, String markdown) {
        int begin = document.indexOf(BEGIN);
        int end = document.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException("the document has no " + BEGIN + " and " + END);
        }
        return document.substring(0, begin + BEGIN.length()) + "\n\n" + markdown.strip() + "\n\n"
                + document.substring(end);
    }

    private static String shown(double figure, int decimals) {
        if (Double.isNaN(figure)) {
            return "-";
        }
        if (decimals < 0) {
            return figure == 1 ? "pass" : "fail";
        }
        return String.format(Locale.ROOT, "%." + decimals + "f", figure);
    }

    private static String trimmed(double number) {
        return number == Math.rint(number) ? Long.toString(Math.round(number)) : Double.toString(number);
    }

    private void print(List<List<String>> cells) {
        for (List<String> line : cells) {
            StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "  %-12s", line.get(0)));
            for (int i = 1; i < line.size(); i++) {
                int width = Math.max(9, cells.get(0).get(i).length());
                text.append(String.format(Locale.ROOT, "  %" + width + "s", line.get(i)));
            }
            out.println(text);
        }
    }

    private static String markdown(List<List<String>> cells) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            text.append("| ").append(String.join(" | ", cells.get(i))).append(" |\n");
            if (i == 0) {
                text.append("|---|")
                        .append("---:|".repeat(cells.get(0).size() - 1))
                        .append('\n');
            }
        }
        return text.toString();
    }
}
