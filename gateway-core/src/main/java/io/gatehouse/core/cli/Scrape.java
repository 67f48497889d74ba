package io.gatehouse.core.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The samples of one page of Prometheus text. */
record Scrape(List<Sample> samples) {
    /**
     * One line of the page.
     *
     * @param name name of the series, with {@code _bucket}, {@code _sum} or {@code _count} of histograms
     * @param labels label values by name, in the order of the page
     * @param value the value as printed
     */
    record Sample(String name, Map<String, String> labels, String value) {
        double number() {
            return switch (value) {
                case "+Inf" -> Double.POSITIVE_INFINITY;
                case "-Inf" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(value);
            };
        }

        String label(String label) {
            return labels.getOrDefault(label, "");
        }
    }

    Scrape {
        samples = List.copyOf(samples);
    }

    /**
     * Reads the text format.
     *
     * @throws IllegalArgumentException for a line that is no sample, quoting it
     */
    static Scrape parse(String page) {
        List<Sample> samples = new ArrayList<>();
        for (String line : (Iterable<String>) page.lines()::iterator) {
            if (!line.isBlank() && line.charAt(0) != '#') {
                samples.add(sample(line));
            }
        }
        return new Scrape(samples);
    }

    private static Sample sample(String line) {
        Map<String, String> labels = new LinkedHashMap<>();
        int brace = line.indexOf('{');
        int space = line.indexOf(' ');
        int at;
        String name;
        if (brace >= 0 && brace < space) {
            name = line.substring(0, brace);
            at = brace + 1;
            while (at < line.length() && line.charAt(at) != '}') {
                int equals = line.indexOf("=\"", at);
                if (equals < 0) {
                    throw new IllegalArgumentException("not a sample: " + line);
                }
                StringBuilder value = new StringBuilder();
                int i = equals + 2;
                while (i < line.length() && line.charAt(i) != '"') {
                    char c = line.charAt(i);
                    if (c == '\\' && i + 1 < line.length()) {
                        i++;
                        c = line.charAt(i) == 'n' ? '\n' : line.charAt(i);
                    }
                    value.append(c);
                    i++;
                }
                labels.put(line.substring(at, equals), value.toString());
                at = i + 1;
                if (at < line.length() && line.charAt(at) == ',') {
                    at++;
                }
            }
            at++;
        } else {
            name = space < 0 ? line : line.substring(0, space);
            at = name.length();
        }
        String rest = at < line.length() ? line.substring(at).strip() : "";
        if (name.isEmpty() || rest.isEmpty()) {
            throw new IllegalArgumentException("not a sample: " + line);
        }
        int end = rest.indexOf(' '); // a time stamp may follow
        return new Sample(name, labels, end < 0 ? rest : rest.substring(0, end));
    }

    /** The sum over all samples of a name whose labels include these. */
    double sum(String name, Map<String, String> labels) {
        double sum = 0;
        for (Sample sample : samples) {
            if (sample.name().equals(name) && sample.labels().entrySet().containsAll(labels.entrySet())) {
                sum += sample.number();
            }
        }
        return sum;
    }
}
