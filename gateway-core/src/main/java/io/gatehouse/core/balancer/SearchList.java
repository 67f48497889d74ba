package io.gatehouse.core.balancer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringTokenizer;

/**
 * In which domains names are looked for, as {@code resolv.conf} has it.
 *
 * @param domains those that are put behind a name, in their order
 * @param dots a name with fewer dots is looked for in the domains first, others as they are first
 */
record SearchList(List<String> domains, int dots) {
    static final SearchList NONE = new SearchList(List.of(), 1);

    /** As many domains as Kong takes. */
    private static final int MOST_DOMAINS = 6;

    private static final String DOTS = "ndots:";

    SearchList {
        domains = List.copyOf(domains);
    }

    /** Reads a file; what is not there, or cannot be read, is an empty list. */
    static SearchList of(Path file) {
        try (var lines = Files.lines(file)) {
            return of(lines.toList());
        } catch (IOException | UncheckedIOException e) {
            return NONE;
        }
    }

    /** Reads the lines of a file. Of {@code search} and {@code domain} the last one holds; what is unknown is passed over. */
    static SearchList of(List<String> lines) {
        List<String> domains = List.of();
        int dots = NONE.dots;
        for (String line : lines) {
            StringTokenizer words = new StringTokenizer(beforeComment(line));
            String first = words.hasMoreTokens() ? words.nextToken() : "";
            switch (first) {
                case "search" -> domains = domains(words, MOST_DOMAINS);
                case "domain" -> domains = domains(words, 1);
                case "options" -> {
                    while (words.hasMoreTokens()) {
                        dots = dots(words.nextToken(), dots);
                    }
                }
                default -> {}
            }
        }
        return new SearchList(domains, dots);
    }

    private static String beforeComment(String line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '#' || line.charAt(i) == ';') {
                return line.substring(0, i);
            }
        }
        return line;
    }

    private static List<String> domains(StringTokenizer words, int most) {
        List<String> domains = new ArrayList<>();
        for (int i = 0; i < most && words.hasMoreTokens(); i++) {
            String domain = undotted(words.nextToken().toLowerCase(Locale.ROOT));
            if (!domain.isEmpty()) {
                domains.add(domain);
            }
        }
        return domains;
    }

    private static int dots(String option, int before) {
        int digits = option.length() - DOTS.length();
        if (!option.startsWith(DOTS) || digits < 1 || digits > 3) {
            return before;
        }
        try {
            return Math.max(0, Integer.parseInt(option.substring(DOTS.length())));
        } catch (NumberFormatException e) {
            return before;
        }
    }

    /** A name without the dot behind it that says that it is whole. */
    static String undotted(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** The names to ask for, one after the other, until one of them has an answer. */
    List<String> names(String host) {
        if (host.endsWith(".") || domains.isEmpty()) {
            return List.of(undotted(host));
        }
        List<String> names = new ArrayList<>(domains.size() + 1);
        for (String domain : domains) {
            names.add(host + '.' + domain);
        }
        names.add(host.chars().filter(c -> c == '.').count() < dots ? names.size() : 0, host);
        return names;
    }
}
