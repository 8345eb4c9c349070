namespace Screening.Node.Postfix;

/// <summary>What to write into Postfix's files for one door.</summary>
/// <param name="Door">The door.</param>
/// <param name="MainCf">Lines of main.cf.</param>
/// <param name="Replaces">What main.cf has under the same names now, by name; a key in a zone is hidden.</param>
/// <param name="MasterCf">Lines of master.cf.</param>
/// <param name="Files">Lines of further files, by path.</param>
/// <param name="Notes">What else must be known or done.</param>
internal sealed record PostfixLines(
    string Door,
    IReadOnlyList<string> MainCf,
    IReadOnlyDictionary<string, string> Replaces,
    IReadOnlyList<string> MasterCf,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Files,
    IReadOnlyList<string> Notes);
