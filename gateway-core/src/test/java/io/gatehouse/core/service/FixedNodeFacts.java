package io.gatehouse.core.service;

/** A node that stands still. */
public final class FixedNodeFacts implements NodeFacts {
    public static final String ID = "5e0b1c5e-7a0f-4d39-9a8c-0c2d6f6a9d11";

    @Override
    public String nodeId() {
        return ID;
    }

    @Override
    public String version() {
        return "0.1.0";
    }

    @Override
    public long connectionsAccepted() {
        return 12;
    }

    @Override
    public long connectionsActive() {
        return 5;
    }

    @Override
    public long requests() {
        return 40;
    }

    @Override
    public long exchangesInFlight() {
        return 2;
    }

    @Override
    public int workersBusy() {
        return 1;
    }

    @Override
    public int workersQueued() {
        return 3;
    }
}
