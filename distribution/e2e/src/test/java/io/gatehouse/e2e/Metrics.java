package io.gatehouse.e2e;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The samples of one scrape, read from the exposition text. */
record Metrics(List<Sample> samples) {
    /**
     * One line.
     *
     * @param name the metric
     * @param labels in the order of the text
     * @param value its value
     */
    record Sample(String name, Map<String, String> labels, double value) {
        String label(String label) {
            return labels.getOrDefault(label, "");
        }
    }

    static Metrics parse(String text) {
        List<Sample> samples = new ArrayList<>();
        // a line ends with a line feed; the value of a label may have a carriage return in it
        for (String line : text.split("\n", -1)) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                samples.add(sample(line));
            }
        }
        return new Metrics(List.copyOf(samples));
    }

    private static Sample sample(String line) {
        int brace = line.indexOf('{');
        int space = line.lastIndexOf(' ');
        double value = number(line.substring(space + 1));
        if (brace < 0) {
            return new Sample(line.substring(0, space), Map.of(), value);
        }
        Map<String, String> labels = new LinkedHashMap<>();
        int at = brace + 1;
        while (line.charAt(at) != '}') {
            int equals = line.indexOf('=', at);
            String name = line.substring(at, equals);
            StringBuilder text = new StringBuilder();
            at = equals + 2;
            while (line.charAt(at) != '"') {
                char c = line.charAt(at++);
                if (c == '\\') {
                    char escaped = line.charAt(at++);
                    text.append(escaped == 'n' ? '\n' : escaped);
                } else {
                    text.append(c);
                }
            }
            at++;
            if (line.charAt(at) == ',') {
                at++;
            }
            labels.put(name, text.toString());
        }
        return new Sample(line.substring(0, brace), labels, value);
    }

    private static double number(String text) {
        return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }

    /** All samples of a metric whose labels have these values; names and values alternate. */
    List<Sample> of(String name, String... labels) {
        List<Sample> found = new ArrayList<>();
        for (Sample sample : samples) {
            boolean fits = sample.name().equals(name);
            for (int i = 0; fits && i < labels.length; i += 2) {
                fits = sample.label(labels[i]).equals(labels[i + 1]);
            }
            if (fits) {
                found.add(sample);
            }
        }
        found.sort(Comparator.comparing(sample -> sample.labels().toString()));
        return found;
    }

    /** The sum of {@link #of}; 0 when there is none. */
    long sum(String name, String... labels) {
        double sum = 0;
        for (Sample sample : of(name, labels)) {
            sum += sample.value();
        }
        return Math.round(sum);
    }

    /** The values that a label of a metric has. */
    TreeSet<String> values(String name, String label) {
        TreeSet<String> values = new TreeSet<>();
        of(name).forEach(sample -> values.add(sample.label(label)));
        return values;
    }
}
