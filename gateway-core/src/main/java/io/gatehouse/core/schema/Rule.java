package io.gatehouse.core.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A rule over several fields of an entity or of a plugin's config, which the Admin API's schemas tell in Kong's words: what is
 * checked is what is told. Immutable.
 */
public sealed interface Rule {
    /** What a rule is checked on, and who is told. */
    interface Subject {
        /** What stands before the names of fields in messages. */
        String prefix();

        /** Whether a field has a value that is not empty. */
        boolean isSet(String field);

        /** The value of a field. */
        @Nullable
        Object value(String field);

        /** Takes a rule that is broken by several fields. */
        void broken(String message, List<String> fields);

        /** Takes a rule that is broken at a field because of another. */
        void brokenAt(String field, String message, String because);
    }

    /** Tells when it is broken. */
    void check(Subject subject);

    /**
     * As {@code entity_checks} have it.
     *
     * @param prefix what stands before the names of fields
     */
    Map<String, Object> shown(String prefix);

    /**
     * Checks several rules. Where one of some fields must be set and just one may be, none of them is one fault, told once:
     * that there must be one.
     */
    static void check(List<Rule> rules, Subject subject) {
        for (Rule rule : rules) {
            boolean toldByAnother = rule instanceof Together together
                    && together.word().equals("only_one_of")
                    && together.fields().stream().noneMatch(subject::isSet)
                    && rules.contains(atLeastOneOf(together.fields().toArray(String[]::new)));
            if (!toldByAnother) {
                rule.check(subject);
            }
        }
    }

    /** Some of these fields must be set. */
    static Rule atLeastOneOf(String... fields) {
        return new Together("at_least_one_of", "at least one of these fields must be non-empty: ", List.of(fields));
    }

    /** Just one of these fields must be set. */
    static Rule onlyOneOf(String... fields) {
        return new Together("only_one_of", "only one of these fields must be non-empty: ", List.of(fields));
    }

    /** At most one of these fields may be set. */
    static Rule mutuallyExclusive(String... fields) {
        return new Together("mutually_exclusive", "only one or none of these fields must be set: ", List.of(fields));
    }

    /** All of these fields must be set, or none. */
    static Rule mutuallyRequired(String... fields) {
        return new Together("mutually_required", "all or none of these fields must be set: ", List.of(fields));
    }

    /** No two of these fields may have the same value. */
    static Rule distinct(String... fields) {
        return new Together("distinct", "values of these fields must be distinct: ", List.of(fields));
    }

    /** The start of a conditional rule. */
    static If when(String field) {
        return new If(field);
    }

    /** Of which fields there must be some, at most one, all or none, or different ones. */
    record Together(String word, String message, List<String> fields) implements Rule {
        @Override
        public void check(Subject subject) {
            long set = fields.stream().filter(subject::isSet).count();
            boolean broken = switch (word) {
                case "at_least_one_of" -> set == 0;
                case "only_one_of" -> set != 1;
                case "mutually_exclusive" -> set > 1;
                case "mutually_required" -> set > 0 && set < fields.size();
                default ->
                    set
                            > fields.stream()
                                    .filter(subject::isSet)
                                    .map(subject::value)
                                    .distinct()
                                    .count();
            };
            if (broken) {
                String before = "'" + subject.prefix();
                subject.broken(
                        fields.stream().collect(Collectors.joining("', " + before, message + before, "'")), fields);
            }
        }

        @Override
        public Map<String, Object> shown(String prefix) {
            return Map.of(word, fields.stream().map(prefix::concat).toList());
        }
    }

    /** What a value is asked for. */
    enum Word {
        IS("eq"),
        MATCHES("match"),
        ONE_OF("one_of"),
        NOT_ONE_OF("not_one_of"),
        REQUIRED("required"),
        NULL("eq");

        private final String shown;

        Word(String shown) {
            this.shown = shown;
        }
    }

    /** Whether a value is one of some; whether there is one. */
    record Match(Word word, List<String> values) {
        boolean fits(@Nullable Object value) {
            return switch (word) {
                case IS, MATCHES, ONE_OF -> values.contains(String.valueOf(value));
                case NOT_ONE_OF -> !values.contains(String.valueOf(value));
                case REQUIRED -> value != null;
                case NULL -> value == null;
            };
        }

        Map<String, @Nullable Object> shown() {
            Map<String, @Nullable Object> shown = new LinkedHashMap<>();
            shown.put(
                    word.shown,
                    switch (word) {
                        case IS -> values.get(0);
                        case MATCHES -> "^" + values.get(0) + "$";
                        case ONE_OF, NOT_ONE_OF -> values;
                        case REQUIRED -> true;
                        case NULL -> null;
                    });
            return shown;
        }
    }

    /** If a field has some value, another must be so. */
    record Conditional(String ifField, Match ifMatch, String thenField, Match thenMatch) implements Rule {
        @Override
        public void check(Subject subject) {
            Object first = subject.value(ifField);
            boolean set = thenMatch.word() == Word.ONE_OF || subject.isSet(thenField);
            Object second = set ? subject.value(thenField) : null;
            if (!ifMatch.fits(first) || thenMatch.fits(second)) {
                return;
            }
            String when = " when '" + subject.prefix() + ifField + "' is '" + first + "'";
            subject.brokenAt(
                    thenField,
                    switch (thenMatch.word()) {
                        case REQUIRED -> "required field missing" + when;
                        case NULL ->
                            "value must be null" + when
                                    + (ifMatch.word() == Word.NOT_ONE_OF
                                            ? " (expected: " + String.join(" or ", ifMatch.values()) + ")"
                                            : "");
                        default ->
                            "expected one of: " + String.join(", ", thenMatch.values()) + when + " (got " + second
                                    + ")";
                    },
                    ifField);
        }

        @Override
        public Map<String, Object> shown(String prefix) {
            Map<String, Object> rule = new LinkedHashMap<>();
            rule.put("if_field", prefix + ifField);
            rule.put("if_match", ifMatch.shown());
            rule.put("then_field", prefix + thenField);
            rule.put("then_match", thenMatch.shown());
            return Map.of("conditional", rule);
        }
    }

    /** A condition whose value is asked for next. */
    record If(String field) {
        /** It is this; told as an equality. */
        public Then is(String value) {
            return new Then(field, new Match(Word.IS, List.of(value)));
        }

        /** It is this; told as an expression. */
        public Then matches(String value) {
            return new Then(field, new Match(Word.MATCHES, List.of(value)));
        }

        /** It is one of these. */
        public Then isOneOf(String... values) {
            return new Then(field, new Match(Word.ONE_OF, List.of(values)));
        }

        /** It is none of these. */
        public Then isNoneOf(String... values) {
            return new Then(field, new Match(Word.NOT_ONE_OF, List.of(values)));
        }
    }

    /** A condition whose consequence is asked for next. */
    record Then(String field, Match match) {
        /** Then the other must be set. */
        public Rule needs(String other) {
            return new Conditional(field, match, other, new Match(Word.REQUIRED, List.of()));
        }

        /** Then the other must not be set. */
        public Rule forbids(String other) {
            return new Conditional(field, match, other, new Match(Word.NULL, List.of()));
        }

        /** Then the other must be one of these. */
        public Rule leaves(String other, String... values) {
            return new Conditional(field, match, other, new Match(Word.ONE_OF, List.of(values)));
        }
    }
}
