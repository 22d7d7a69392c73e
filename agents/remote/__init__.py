"""Work across installations and languages: tasks of other agents, and workers that are not ours."""
