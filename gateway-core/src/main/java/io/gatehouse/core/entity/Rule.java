package io.gatehouse.core.entity;

import io.gatehouse.core.schema.RecordShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A rule over several fields of an entity, which the Admin API's schemas tell in Kong's words. Immutable. */
sealed interface Rule {
    /** Tells when an entity breaks it. */
    void check(Record entity, Report report);

    /** As {@code entity_checks} have it. */
    Map<String, Object> shown();

    static Rule atLeastOneOf(String... fields) {
        return new Together("at_least_one_of", "at least one of these fields must be non-empty: ", List.of(fields));
    }

    static Rule mutuallyExclusive(String... fields) {
        return new Together("mutually_exclusive", "only one or none of these fields must be set: ", List.of(fields));
    }

    static Rule mutuallyRequired(String... fields) {
        return new Together("mutually_required", "all or none of these fields must be set: ", List.of(fields));
    }

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
        public void check(Record entity, Report report) {
            long set = fields.stream().filter(report::isSet).count();
            boolean broken = switch (word) {
                case "at_least_one_of" -> set == 0;
                case "mutually_exclusive" -> set > 1;
                case "mutually_required" -> set > 0 && set < fields.size();
                default ->
                    set
                            > fields.stream()
                                    .filter(report::isSet)
                                    .map(field -> value(entity, field))
                                    .distinct()
                                    .count();
            };
            if (broken) {
                report.entity(
                        fields.stream().collect(Collectors.joining("', '", message + "'", "'")),
                        fields.toArray(String[]::new));
            }
        }

        @Override
        public Map<String, Object> shown() {
            return Map.of(word, fields);
        }
    }

    /** What a value is asked for. */
    enum Word {
        IS("match"),
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
                case IS, ONE_OF -> values.contains(String.valueOf(value));
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
                        case IS -> "^" + values.get(0) + "$";
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
        public void check(Record entity, Report report) {
            Object first = value(entity, ifField);
            boolean set = thenMatch.word() == Word.ONE_OF || report.isSet(thenField);
            Object second = set ? value(entity, thenField) : null;
            if (!ifMatch.fits(first) || thenMatch.fits(second)) {
                return;
            }
            String when = " when '" + ifField + "' is '" + first + "'";
            report.at(
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
        public Map<String, Object> shown() {
            Map<String, Object> rule = new LinkedHashMap<>();
            rule.put("if_field", ifField);
            rule.put("if_match", ifMatch.shown());
            rule.put("then_field", thenField);
            rule.put("then_match", thenMatch.shown());
            return Map.of("conditional", rule);
        }
    }

    /** A condition whose value is asked for next. */
    record If(String field) {
        Then is(String value) {
            return new Then(field, new Match(Word.IS, List.of(value)));
        }

        Then isOneOf(String... values) {
            return new Then(field, new Match(Word.ONE_OF, List.of(values)));
        }

        Then isNoneOf(String... values) {
            return new Then(field, new Match(Word.NOT_ONE_OF, List.of(values)));
        }
    }

    /** A condition whose consequence is asked for next. */
    record Then(String field, Match match) {
        Rule needs(String other) {
            return new Conditional(field, match, other, new Match(Word.REQUIRED, List.of()));
        }

        Rule forbids(String other) {
            return new Conditional(field, match, other, new Match(Word.NULL, List.of()));
        }

        Rule leaves(String other, String... values) {
            return new Conditional(field, match, other, new Match(Word.ONE_OF, List.of(values)));
        }
    }

    private static @Nullable Object value(Record entity, String field) {
        return Objects.requireNonNull(RecordShape.of(entity.getClass()).component(field))
                .of(entity);
    }
}
