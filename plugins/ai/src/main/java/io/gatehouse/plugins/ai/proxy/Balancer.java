package io.gatehouse.plugins.ai.proxy;

import java.time.Clock;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses targets and remembers how they did: the one state that the requests of a plugin instance share. Targets are
 * numbered as configured. Any event loop, without locks.
 */
final class Balancer {
    private static final Logger LOG = LoggerFactory.getLogger(Balancer.class);

    private final String pluginId;
    private final List<TargetConfig> targets;
    private final RoundRobin wheel;
    private final TargetHealth[] health;
    private final RetryBudget budget = new RetryBudget();
    private final Clock clock;
    private final BalancerConfig config;

    Balancer(String pluginId, BalancerConfig config, List<TargetConfig> targets, Clock clock, Random random) {
        this.pluginId = pluginId;
        this.config = config;
        this.targets = targets;
        this.clock = clock;
        this.wheel = new RoundRobin(targets, random);
        this.health = new TargetHealth[targets.size()];
        for (int i = 0; i < health.length; i++) {
            health[i] = new TargetHealth(config.maxFails(), config.failTimeout());
        }
    }

    /** Whether it makes a difference how targets do. */
    boolean remembers() {
        return health.length > 1 || config.maxFails() > 0;
    }

    /** The target that a request goes to first; -1 when all of these rest. */
    int first(BitSet candidates) {
        if (health.length > 1) {
            budget.request();
        }
        return choose(candidates);
    }

    /**
     * The target that a request goes to after another has failed; -1 when all of these rest, or there have been too many
     * retries.
     *
     * @param sent whether an upstream may have seen the request
     */
    int another(BitSet untried, boolean sent) {
        int target = choose(untried);
        if (target >= 0 && sent && !budget.take(clock.millis(), health[target].isReliable())) {
            health[target].left();
            return -1;
        }
        return target;
    }

    /** Whether one of these could be asked. */
    boolean hasAnother(BitSet untried) {
        for (int i = untried.nextSetBit(0); i >= 0; i = untried.nextSetBit(i + 1)) {
            if (health[i].isFine() || !health[i].rests(clock.millis())) {
                return true;
            }
        }
        return false;
    }

    private int choose(BitSet among) {
        if (among.isEmpty()) {
            return -1;
        }
        boolean fine = true;
        for (int i = among.nextSetBit(0); i >= 0; i = among.nextSetBit(i + 1)) {
            fine &= health[i].isFine();
        }
        return fine ? wheel.next(among) : chooseAvailable(among, clock.millis());
    }

    /** A target that asked for a wait is asked only when there is no other: its answer is better than none. */
    private int chooseAvailable(BitSet among, long now) {
        BitSet ready = new BitSet();
        BitSet cooling = new BitSet();
        for (int i = among.nextSetBit(0); i >= 0; i = among.nextSetBit(i + 1)) {
            if (!health[i].rests(now)) {
                (health[i].cools(now) ? cooling : ready).set(i);
            }
        }
        while (true) {
            BitSet choice = ready.isEmpty() ? cooling : ready;
            if (choice.isEmpty()) {
                return -1;
            }
            int target = wheel.next(choice);
            if (health[target].enter(now)) {
                return target;
            }
            choice.clear(target);
        }
    }

    /** A target has begun to give its answer. */
    void answered(int target) {
        if (!health[target].isSpotless() && health[target].answered(clock.millis())) {
            LOG.info("target answers again: plugin={} target={}", pluginId, name(target));
        }
    }

    /**
     * A target has failed.
     *
     * @param counts whether the breaker counts it
     */
    void failed(int target, boolean counts) {
        if (health[target].failed(clock.millis(), counts)) {
            LOG.warn(
                    "target rests: plugin={} target={} max_fails={} fail_timeout={}",
                    pluginId,
                    name(target),
                    config.maxFails(),
                    config.failTimeout());
        }
    }

    /** A target was chosen, and nothing is known of how it did. */
    void left(int target) {
        health[target].left();
    }

    /** A target says that it has too much to do. */
    void limited(int target, @Nullable String retryAfter) {
        if (health.length == 1) {
            return;
        }
        long now = clock.millis();
        long wait = RetryAfter.millis(retryAfter, now);
        if (wait > 0) {
            health[target].coolDown(now, wait);
        }
    }

    /** Seconds until the first of these may be asked, at least one. */
    long restSeconds(BitSet resting) {
        long now = clock.millis();
        long least = config.failTimeout();
        for (int i = resting.nextSetBit(0); i >= 0; i = resting.nextSetBit(i + 1)) {
            least = Math.min(least, health[i].restEnds(now));
        }
        return Math.max(1, (least + 999) / 1000);
    }

    private String name(int target) {
        ModelConfig model = targets.get(target).model();
        return "targets[" + target + "] " + model.provider() + (model.name() == null ? "" : '/' + model.name());
    }
}
