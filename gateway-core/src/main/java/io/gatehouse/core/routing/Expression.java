package io.gatehouse.core.routing;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.gatehouse.api.AddressRange;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a route of the {@code expressions} flavour asks of a request, ready to be evaluated. A field that the request does
 * not have makes its predicate false, whatever the operator; a field with several values holds when all of them do, or one
 * of them with {@code any()}. Immutable.
 */
sealed interface Expression {
    /** Whether the request fulfils it. */
    boolean holds(ExpressionFacts facts);

    /** All of them, tried in order. */
    record And(List<Expression> parts) implements Expression {
        public And {
            parts = List.copyOf(parts);
        }

        @Override
        public boolean holds(ExpressionFacts facts) {
            for (int i = 0; i < parts.size(); i++) {
                if (!parts.get(i).holds(facts)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** One of them, tried in order. */
    record Or(List<Expression> parts) implements Expression {
        public Or {
            parts = List.copyOf(parts);
        }

        @Override
        public boolean holds(ExpressionFacts facts) {
            for (int i = 0; i < parts.size(); i++) {
                if (parts.get(i).holds(facts)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** The opposite. */
    record Not(Expression part) implements Expression {
        @Override
        public boolean holds(ExpressionFacts facts) {
            return !part.holds(facts);
        }
    }

    /** How texts are compared. */
    enum TextOperator {
        EQUALS,
        DIFFERS,
        MATCHES,
        STARTS,
        ENDS,
        CONTAINS
    }

    /**
     * A predicate on a text.
     *
     * @param lower whether values are compared in lower case
     * @param any whether one value of several suffices
     * @param pattern the text as a regular expression; only for {@link TextOperator#MATCHES}
     */
    record TextPredicate(
            ExpressionField.OfText field,
            boolean lower,
            boolean any,
            TextOperator operator,
            String text,
            @Nullable Pattern pattern)
            implements Expression {
        @Override
        public boolean holds(ExpressionFacts facts) {
            if (field instanceof ExpressionField.One one) {
                String value = one.value(facts);
                return value != null && holds(value, facts);
            }
            boolean some = false;
            for (String value : ((ExpressionField.Several) field).values(facts)) {
                boolean held = holds(value, facts);
                if (held == any) {
                    return any;
                }
                some = true;
            }
            return some && !any;
        }

        private boolean holds(String value, ExpressionFacts facts) {
            String compared = lower ? value.toLowerCase(Locale.ROOT) : value;
            boolean held = switch (operator) {
                case EQUALS -> compared.equals(text);
                case DIFFERS -> !compared.equals(text);
                case STARTS -> compared.startsWith(text);
                case ENDS -> compared.endsWith(text);
                case CONTAINS -> compared.contains(text);
                case MATCHES -> matches(compared, facts);
            };
            boolean noted =
                    operator == TextOperator.EQUALS || operator == TextOperator.STARTS || operator == TextOperator.ENDS;
            if (held && noted && field == ExpressionField.PATH) {
                facts.matchedPath(text);
            }
            return held;
        }

        private boolean matches(String value, ExpressionFacts facts) {
            Pattern expression = pattern;
            if (expression == null) {
                return false;
            }
            Matcher matcher = expression.matcher(value);
            if (!matcher.find()) {
                return false;
            }
            facts.found(matcher);
            if (field == ExpressionField.PATH) {
                facts.matchedPath(matcher.group());
            }
            return true;
        }
    }

    /** How numbers are compared. */
    enum NumberOperator {
        EQUALS,
        DIFFERS,
        ABOVE,
        AT_LEAST,
        BELOW,
        AT_MOST
    }

    /** A predicate on a number. */
    record NumberPredicate(ExpressionField.OfNumber field, NumberOperator operator, long number) implements Expression {
        @Override
        public boolean holds(ExpressionFacts facts) {
            long value = field.value(facts);
            return value >= 0
                    && switch (operator) {
                        case EQUALS -> value == number;
                        case DIFFERS -> value != number;
                        case ABOVE -> value > number;
                        case AT_LEAST -> value >= number;
                        case BELOW -> value < number;
                        case AT_MOST -> value <= number;
                    };
        }
    }

    /**
     * A predicate on an address.
     *
     * @param within whether it must lie in the range, not outside
     */
    record AddressPredicate(ExpressionField.OfAddress field, boolean within, AddressRange range) implements Expression {
        @Override
        public boolean holds(ExpressionFacts facts) {
            byte[] address = field.value(facts);
            return address != null && range.contains(address) == within;
        }
    }
}
