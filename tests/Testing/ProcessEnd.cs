using System.Runtime.InteropServices;

namespace Screening.Testing;

/// <summary>
/// What is done when this process ends, by itself or by a signal. The runtime leaves SIGTERM and SIGHUP to the system, which ends the
/// process without raising <see cref="AppDomain.ProcessExit"/>.
/// </summary>
public static class ProcessEnd
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT];
    private static readonly List<PosixSignalRegistration> Registrations = [];

    /// <summary>Has something done then; it must bear to be done twice.</summary>
    public static void Do(Action action)
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => action();
        lock (Registrations)
            Registrations.AddRange(Signals.Select(signal => PosixSignalRegistration.Create(signal, _ => action())));
    }
}
