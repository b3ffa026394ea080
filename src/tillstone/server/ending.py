"""Which signals end a server in good order."""

import signal


def ending_signals() -> list[signal.Signals]:
    """Those by which it is told to, and that of a terminal that closes, unless it is ignored, as under nohup."""
    numbers = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
    return numbers[:2] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else numbers
