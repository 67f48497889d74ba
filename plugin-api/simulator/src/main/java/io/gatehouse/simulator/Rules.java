package io.gatehouse.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The behaviours in force. Read by all event loops, changed by tests. */
final class Rules {
    /** A behaviour and how often it still holds. */
    record Rule(Scope scope, Behaviour behaviour, AtomicInteger left) {
        /** Whether it holds for this request; uses it up by one. */
        boolean take() {
            if (scope.count() == 0) {
                return true;
            }
            // several loops may take the last one at once
            return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
        }
    }

    private volatile Behaviour global;
    private volatile Rule[] rules = {};

    Rules(Behaviour global) {
        this.global = global;
    }

    synchronized void set(Scope scope, Behaviour behaviour) {
        if (scope.equals(Scope.all())) {
            global = behaviour;
            return;
        }
        List<Rule> next = new ArrayList<>();
        for (Rule rule : rules) {
            boolean usedUp = rule.scope.count() > 0 && rule.left.get() == 0;
            boolean replaced = scope.count() == 0 && rule.scope.equals(scope);
            if (!usedUp && !replaced) {
                next.add(rule);
            }
        }
        int at = 0;
        // the more specific come first; among equals the older, so that "next" rules queue up
        while (at < next.size() && next.get(at).scope.weight() >= scope.weight()) {
            at++;
        }
        next.add(at, new Rule(scope, behaviour, new AtomicInteger(scope.count())));
        rules = next.toArray(new Rule[0]);
    }

    synchronized void clear(Behaviour initial) {
        global = initial;
        rules = new Rule[0];
    }

    Behaviour global() {
        return global;
    }

    List<Rule> all() {
        return List.of(rules);
    }

    Behaviour of(String host, @Nullable String model) {
        Behaviour found = Behaviour.NORMAL;
        boolean counted = false;
        for (Rule rule : rules) {
            boolean limited = rule.scope.count() > 0;
            // a request uses up one "next" rule at most
            if ((limited && counted) || !rule.scope.matches(host, model) || !rule.take()) {
                continue;
            }
            counted |= limited;
            found = found.over(rule.behaviour);
        }
        return found.over(global);
    }
}
