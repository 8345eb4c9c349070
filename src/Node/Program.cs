using Screening.Node.Commands;

return await ScreeningProgram.RunAsync(args).ConfigureAwait(false);
